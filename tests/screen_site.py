"""Sites for the browser: the render fixture with a page of every tool, and the made-up project's whole report."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pipelines.kernel.project import Project, Settings
from pipelines.render import run
from tests.publish_project import made_up, publish_undrawn

FIXTURE = Path(__file__).parent / "fixtures" / "render"
SETTINGS = Settings(edition=2024)

CITED = 'data-cite="Observatoire SRESR & IUT, rapport annuel, édition 2024, {name}." data-address="{name}"'

TOOLS = """---
title: "Les outils"
toc: false
---

::: {.dashboard}
::: {.dashboard-tiles}
::: {.kpi-grid}
::: {.kpi}
[8 007]{.kpi-value}
[étudiants]{.kpi-label}
[donnée observée]{.kpi-note}
:::
:::
:::

::: {.dashboard-targets}
## Les cibles {#sec-cibles-vues}

::: {.table-block}
| Cible | État |
|---|---|
| Doubler la mobilité | [Manquée]{.status .status-missed} |
| Apprentissage | [Atteinte]{.status .status-met} |
:::
:::

::: {.dashboard-map}
![Huit sites.](/_generated/fig-paire.svg){#fig-carte fig-alt="Huit points sur une carte"}

::: {.figure-tools}
[Données (CSV)](/_generated/fig-effectifs.csv) [Citer]{.cite-button $fig-carte@2024}
:::
:::

::: {.dashboard-changes}
## Ce qui a changé {#sec-change}

- L’hébergement des élèves en apprentissage, à l’œuvre.
:::
:::

## Des nombres {#sec-nombres}

::: {.table-block}
| Site | Effectif | Part | Solde | Début | Note |
|------|----:|----:|----:|----:|---|
| Tarbes | 1 234 | 12,5 % | −3 | 2010 | b |
| Élan | 987 (simulé, 2024) | 9,75 % | 4 | 2024 | a |
| Auch | 12 345 | – | −12 | 2001 | c2 |
| Figeac | – | 100 % | 0 | 1999 | a10 |
| Zone | 56 | 3 % | 1,5 | 2013 | a2 |

: Sites {#tbl-sites}

::: {.table-tools}
[CSV](/_generated/fig-effectifs.csv) [Citer]{.cite-button $tbl-sites@2024}
:::
:::

## Le registre {#sec-registre}

::: {.filterable filters="Porteurs,État"}
::: {.table-block}
| N° | Action | Porteurs | État |
|---|---|---|---|
| A1 | Une carte des formations | IUT, Rectorat | faite |
| A2 | Des bourses de mobilité | Région (et État, pour moitié), IUT | en cours |
| A3 | Un comité par site | IUT | en cours |
| A4 | L’accueil d’étudiants étrangers | PRES | non renseignée |

: Registre {#tbl-registre}
:::
:::
"""

WHERE_SECTIONS_BEGIN = "      - section: Fiches de site\n"


def tools_site(folder: Path, lang: str = "fr") -> Path:
    """Render the fixture with the page of tools added, as a report in that language; return the site."""
    shutil.copytree(FIXTURE, folder)
    pages = folder / "reports" / "fr"
    page = re.sub(r"\$([\w-]+@\d+)", lambda found: CITED.format(name=found[1]), TOOLS)
    (pages / "outils.qmd").write_text(page, encoding="utf-8")
    plan = (pages / "_quarto.yml").read_text(encoding="utf-8")
    assert WHERE_SECTIONS_BEGIN in plan
    plan = plan.replace(WHERE_SECTIONS_BEGIN, f"      - outils.qmd\n{WHERE_SECTIONS_BEGIN}")
    (pages / "_quarto.yml").write_text(plan.replace("lang: fr", f"lang: {lang}"), encoding="utf-8")
    pages.rename(pages.with_name(lang))
    return rendered(Project(folder), Settings(edition=SETTINGS.edition, lang=lang))  # type: ignore[arg-type]


def made_up_site(folder: Path) -> Path:
    """Publish and render the made-up project, all drawings the same small one; return the site."""
    project, settings = made_up(folder)
    publish_undrawn(project, settings)
    return rendered(project, settings)


def rendered(project: Project, settings: Settings) -> Path:
    """Render by the embedded engine, whatever is on PATH; return the site."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.render.quarto.quarto_binary", lambda: None)
        run(project, settings)
    return project.build / "site"
