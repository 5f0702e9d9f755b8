"""What the generator believes, typed: `simulation.yml` and the open figures beside it."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from typing import Annotated, Any, Self

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.kernel.problems import BadInput, Problem
from pipelines.kernel.project import Project
from pipelines.kernel.yaml_files import load_yaml, row_of, yaml_problem

STAGES = ("DUT1", "DUT2", "BUT1", "BUT2", "BUT3", "LP")
"""A diploma and its year of study; students carry the index in this tuple."""

DUT1, DUT2, BUT1, BUT2, BUT3, LP = range(6)
BACS = ("G", "T", "P", "X")
REGIMES = ("FI", "FA", "FC", "CP")

Path = dict[int, float]
"""Values in some years; `at` reads the years between."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Carrier(_Part):
    """The establishment a site belongs to, up to the year given."""

    establishment: str
    uai: str
    until: int = 9999


class Site(_Part):
    """One site."""

    commune: str
    carriers: tuple[Carrier, ...] = Field(min_length=1)

    def carrier(self, year: int) -> Carrier:
        """Return the establishment that carries the site in `year`."""
        return next(carrier for carrier in self.carriers if year <= carrier.until)


class Renamed(_Part):
    """A department that had another code before a year."""

    before: int
    code: str


class Specialities(_Part):
    """Codes that changed; `without_iut`: sites of licences professionnelles only, and what each teaches."""

    renamed: dict[str, Renamed]
    without_iut: dict[str, dict[str, float]] = Field(default_factory=dict)


class Course(_Part):
    """How students pass from one year to the next."""

    but_from: int
    promotion: dict[str, float]
    promotion_bac: dict[str, float]
    repeat: dict[str, float]
    repeat_after_dut: float
    lateral: dict[str, float]
    diploma: dict[str, float]
    first_level_share: Path
    first_year_levels: dict[str, tuple[float, ...]]
    damping: float
    lp_from_own_site: float
    lp_from_other_sites: float
    moves_site: float


class Bac(_Part):
    """Shares of the baccalauréats among students."""

    technological: Path
    professional: Path
    other: Path


class Regime(_Part):
    """Continuing education and contrats de professionnalisation."""

    continuing: Path
    continuing_weight: dict[str, float]
    professionalisation: dict[str, float]


class Apprenticeship(_Part):
    """Apprentices and their contracts."""

    share: Path
    year_noise: float
    site_noise: float
    site_weight: dict[str, float]
    level_weight: dict[str, float]
    months: dict[str, int]
    breach: float
    replaced: float
    communes: tuple[str, ...]
    commune_weight_site: float


class Scholarship(_Part):
    """Scholarship holders among the students who may hold one."""

    share_of_eligible: Path
    echelons: dict[str, float]
    change: float


class Mobility(_Part):
    """Stays abroad."""

    share: Path
    year_noise: float
    site_noise: float
    site_weight: dict[str, float]
    level_weight: dict[str, float]
    placement: Path
    second_stay: float
    across_years: float
    countries: dict[str, float]
    programmes: dict[str, dict[str, float]]


class Survey(_Part):
    """What graduates answer, 18 and 30 months after the diploma."""

    response: dict[str, float]
    continues_studies: dict[str, float]
    employed: dict[str, float]
    stable: dict[str, float]
    intermediate: dict[str, float]
    in_region: dict[str, float]
    diploma_shift: dict[str, float]


Rate = Annotated[float, Field(ge=0, le=1)]


class Dirt(_Part):
    """Shares of rows that are not as they should be. All zero gives clean registers."""

    malformed_ine: Rate = 0.0
    second_enrolment: Rate = 0.0
    duplicate: Rate = 0.0
    moves_in_year: Rate = 0.0
    left_before_reference: Rate = 0.0
    enrolled_after_reference: Rate = 0.0
    orphan: Rate = 0.0
    short_stay: Rate = 0.0
    overlapping_stay: Rate = 0.0
    late: Rate = 0.0

    def times(self, factor: float) -> Dirt:
        """Return the same kinds of dirt, `factor` times as much of each, a whole register at most."""
        return Dirt(**{kind: min(rate * factor, 1.0) for kind, rate in self})


class Parameters(_Part):
    """The whole of `simulation.yml`."""

    sites: dict[str, Site]
    specialities: Specialities
    course: Course
    bac: Bac
    women: dict[str, float]
    regime: Regime
    apprenticeship: Apprenticeship
    scholarship: Scholarship
    mobility: Mobility
    survey: Survey
    dirt: Dirt

    @model_validator(mode="after")
    def _of_known_sites(self) -> Self:
        weights = (self.women, self.apprenticeship.site_weight, self.mobility.site_weight)
        strangers = sorted(set(self.specialities.without_iut).union(*weights) - set(self.sites))
        if strangers:
            raise ValueError(f"figures are given for sites that do not stand under sites: {', '.join(strangers)}")
        for site_weight in weights[1:]:
            if set(self.sites) - set(site_weight):
                raise ValueError(f"site_weight lacks sites: {', '.join(sorted(set(self.sites) - set(site_weight)))}")
        return self


def at(path: Path, year: int) -> float:
    """Return the value of `path` in `year`: interpolated between two years, the nearest outside them."""
    years = sorted(path)
    return float(np.interp(year, years, [path[known] for known in years]))


@dataclass(frozen=True)
class Calibration:
    """Parameters, and the open figures as arrays (first axis: sites, in the order of `site_codes`)."""

    parameters: Parameters
    site_codes: tuple[str, ...]
    speciality_codes: tuple[str, ...]
    iut_students: tuple[Path, ...]
    lp_students: tuple[Path, ...]
    speciality_share: np.ndarray[Any, np.dtype[np.float64]]
    women_share: np.ndarray[Any, np.dtype[np.float64]]
    lp_women_share: np.ndarray[Any, np.dtype[np.float64]]
    technological_ratio: np.ndarray[Any, np.dtype[np.float64]]
    scholarship_ratio: np.ndarray[Any, np.dtype[np.float64]]

    def with_dirt(self, factor: float) -> Calibration:
        """Return the same beliefs, with `factor` times as much of each kind of dirt."""
        dirt = self.parameters.dirt.times(factor)
        return replace(self, parameters=self.parameters.model_copy(update={"dirt": dirt}))

    def students(self, site: int, year: int) -> tuple[float, float]:
        """Return how many students the open figures give a site in a year: DUT and BUT, licence professionnelle."""
        return _size(self.iut_students[site], year), _size(self.lp_students[site], year)

    def total(self, year: int) -> float:
        """Return the students of all sites in a year."""
        return sum(sum(self.students(site, year)) for site in range(len(self.site_codes)))

    def speciality_code(self, speciality: int, year: int) -> str:
        """Return the code a speciality had in a year."""
        code = self.speciality_codes[speciality]
        renamed = self.parameters.specialities.renamed.get(code)
        return renamed.code if renamed and year < renamed.before else code


def _size(path: Path, year: int) -> float:
    return at(path, year) if path else 0.0


def read_calibration(project: Project) -> Calibration:
    """Read the generator's parameters and open figures from `data/reference`.

    Raises `BadInput` when a file is missing, a key is unknown or missing, or a site has no size.
    """
    parameters = read_parameters(project)
    path = project.reference / "simulation_open_figures.csv"
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except FileNotFoundError as error:
        raise BadInput(
            Problem(
                project.shown(path),
                "The generator's open figures are missing",
                "Make them with `python -m pipelines.simulate.open_figures`.",
            )
        ) from error
    figures: dict[str, dict[tuple[str, str, str], float]] = {}
    for row in rows:
        key = (row["site_code"], row["speciality_code"], row["year"])
        figures.setdefault(row["quantity"], {})[key] = float(row["value"])
    return _calibration(parameters, figures)


def read_parameters(project: Project) -> Parameters:
    """Read `simulation.yml` alone. Raises `BadInput` when it is missing or breaks its format."""
    path = project.reference / "simulation.yml"
    try:
        return Parameters.model_validate(load_yaml(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise BadInput(
            Problem(
                project.shown(path), "The generator's parameters are missing", "Restore the file with `git checkout`."
            )
        ) from error
    except yaml.YAMLError as error:
        raise BadInput(yaml_problem(error, project.shown(path), "The generator's parameters")) from error
    except ValidationError as error:
        raise BadInput(
            Problem(
                project.shown(path),
                item["msg"],
                "Compare with the file of the repository.",
                row=row_of(path, *item["loc"]),
                column=".".join(map(str, item["loc"])),
            )
            for item in error.errors()
        ) from error


def _calibration(parameters: Parameters, figures: dict[str, dict[tuple[str, str, str], float]]) -> Calibration:
    sites = tuple(parameters.sites)
    specialities = tuple(
        sorted(
            {code for _, code, _ in figures.get("entrants", {})}.union(*parameters.specialities.without_iut.values())
        )
    )

    def by_year(quantity: str, site: str) -> Path:
        return {int(year): value for (code, _, year), value in figures.get(quantity, {}).items() if code == site}

    def by_site(quantity: str, default: float) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.array([figures.get(quantity, {}).get((site, "", ""), default) for site in sites])

    entrants = figures.get("entrants", {})
    share = np.array([[entrants.get((site, code, ""), 0.0) for code in specialities] for site in sites])
    for site, taught in parameters.specialities.without_iut.items():
        share[sites.index(site)] = [taught.get(code, 0.0) for code in specialities]
    empty = [site for site, row in zip(sites, share, strict=True) if not row.sum()]
    if empty:
        raise BadInput(
            Problem(
                "data/reference/simulation_open_figures.csv",
                "A site of simulation.yml has no entrants by speciality",
                "Make the file again with `python -m pipelines.simulate.open_figures`.",
                value=", ".join(empty),
            )
        )
    lp_women = by_site("lp_women_share", 0.4)
    for site, value in parameters.women.items():
        lp_women[sites.index(site)] = value
    return Calibration(
        parameters=parameters,
        site_codes=sites,
        speciality_codes=specialities,
        iut_students=tuple(by_year("iut_students", site) for site in sites),
        lp_students=tuple(by_year("lp_students", site) for site in sites),
        speciality_share=share / share.sum(axis=1, keepdims=True),
        women_share=np.array([figures.get("women_share", {}).get(("", code, ""), 0.4) for code in specialities]),
        lp_women_share=lp_women,
        technological_ratio=by_site("technological_ratio", 1.0),
        scholarship_ratio=by_site("scholarship_ratio", 1.0),
    )
