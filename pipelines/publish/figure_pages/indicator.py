"""The page of one indicator: its formula, all its figures by place and year, its whole lineage; or why it has none."""

from __future__ import annotations

from html import escape
from typing import Any

from pipelines.kernel.flags import Flag
from pipelines.publish.explorer.words import UNITS
from pipelines.publish.figure_pages.facts import FIGURE, Facts, origin_word
from pipelines.publish.figure_pages.frame import ALL, page, section
from pipelines.publish.figure_pages.lineage import source_of
from pipelines.publish.figure_pages.structured import indicator, script
from pipelines.publish.names import in_language
from pipelines.publish.numbers import measure

DEPTH = 2


def indicator_html(facts: Facts, code: str) -> str:
    """Return the page of one indicator."""
    shelf, words, lang = facts.shelf, facts.words, facts.lang
    known, entry, label = facts.registry[code], shelf.indicators[code], facts.label(code)
    status = shelf.status(code)
    years = [int(row["year"]) for scope in shelf.scopes(code) for row in shelf.series(code, scope)]
    formula = facts.say(known.numerator.in_(lang))
    if known.denominator is not None:
        formula += f" ÷ {facts.say(known.denominator.in_(lang))}"
    lineage = facts.lineage(code)
    caveats = f"<p>{escape(lineage.caveats)}</p>" if lineage and lang == "en" else ""
    protection = words["protection_register" if facts.is_register(code) else "protection_open"]
    corrections = "".join(f"<li>{correction(facts, item)}</li>" for item in facts.corrections(code))
    checks = facts.checks_text(code)
    link = f'<a href="../../qualite.html">{words["checks_link"]}</a>.'
    why = ""
    if not years:
        reason = facts.say(shelf.reason(code)) if status or known.not_measurable is None else ""
        reason = reason or facts.say(known.not_measurable.in_(lang) if known.not_measurable else words["not_measured"])
        why = f"<p>{reason}</p>"
    steward = facts.say(in_language(entry.steward, lang))
    body = f"""<h1 class="title">{escape(label, quote=False)}</h1>
<p class="subtitle"><code>{code}</code></p>
{section("why", words["not_measurable"], why)}\
{section("definition", words["definition"], f"<p>{facts.say(entry.definition)}</p>")}\
{section("formula", words["formula"], f"<p>{formula}.</p>")}\
{section("figures", words["figures"], grid(facts, code))}\
{section("lineage", words["lineage"], whole_lineage(facts, code))}\
{section("caveats", words["caveats"], caveats)}\
{section("columns", words["columns"], columns(facts, code))}\
{section("files", words["files"], files(facts, code))}\
{section("sources", words["sources"], facts.sources_html(code, with_links=True))}\
{
        section(
            "corrections",
            words["corrections"],
            f"<ul>{corrections}</ul>" if corrections else f"<p>{words['corrections_none']}</p>" if lineage else "",
        )
    }\
{section("protection", words["protection"], f"<p>{protection}</p>" if years else "")}\
{
        section(
            "checks",
            words["checks"],
            f"<p>{words['checks_text'].format(counts=checks, link=link)}</p>" if checks else "",
        )
    }\
<p class="source-note">{words["steward"]}{words["colon"]}{steward}.</p>"""
    unit = UNITS.get(entry.unit, (entry.unit,) * 2)[lang == "en"]
    head = script(
        indicator(
            lang, shelf.edition, code=code, label=label, definition=entry.definition, unit=unit, years=years,
            method=lineage.query if lineage else "",
        )
    )  # fmt: skip
    trail = (("../../index.html", words["home"]), (f"../../{ALL}", words["all"]))
    return page(facts, depth=DEPTH, title=label, head=head, trail=trail, body=body)


def grid(facts: Facts, code: str) -> str:
    """Return the figures of an indicator, a row a year, a column a place, each a link to its page."""
    shelf, words = facts.shelf, facts.words
    scopes = shelf.scopes(code)
    if not scopes:
        return ""
    cells = {
        (scope, int(row["year"])): cell(facts, code, scope, row)
        for scope in scopes
        for row in shelf.series(code, scope)
    }
    years = sorted({year for _, year in cells}, reverse=True)
    head = "".join(f'<th scope="col">{escape(facts.place(scope), quote=False)}</th>' for scope in scopes)
    rows = ""
    for year in years:
        row = "".join(f"<td>{cells.get((scope, year), '')}</td>" for scope in scopes)
        rows += f'<tr><th scope="row">{year}</th>{row}</tr>\n'
    name = f"{words['figures']}, {escape(facts.label(code))}"
    return (
        f'<div class="table-scroll figure-grid" tabindex="0" role="region" aria-label="{name}"><table>'
        f"<thead><tr><td></td>{head}</tr></thead>\n<tbody>{rows}</tbody></table></div>"
    )


def cell(facts: Facts, code: str, scope: str, row: dict[str, Any]) -> str:
    """Return one figure as a link to its page, with its mention."""
    entry, words = facts.shelf.indicators[code], facts.words
    if row["value"] is None:
        text = words["hidden"] if row["flag"] == Flag.CONFIDENTIAL else words["missing"]
    else:
        text = measure(row["value"], entry.unit, facts.lang, entry.decimals)
        if row["origin"] == "simulated":
            text += f" <small>({words['simulated']})</small>"
    return f'<a href="{scope.lower()}/{int(row["year"])}.html">{text}</a>'


def whole_lineage(facts: Facts, code: str) -> str:
    """Return the drawing, and what each table is made by."""
    drawn = facts.drawing(code)
    if not drawn:
        return ""
    return drawn.replace(f">{FIGURE}<", f">{code}<", 1)


def columns(facts: Facts, code: str) -> str:
    """Return the lineage column by column."""
    lineage = facts.lineage(code)
    if lineage is None:
        return ""
    items = "".join(f"<li><code>{escape(line)}</code></li>" for line in lineage.columns)
    return f'<p>{facts.words["columns_intro"]}</p><ul class="lineage-columns">{items}</ul>'


def files(facts: Facts, code: str) -> str:
    """Return the files taken in: name, vintage, whole hash; of a register, its vintage."""
    lineage, words = facts.lineage(code), facts.words
    if lineage is None:
        return ""
    names = [table.name for table in lineage.tables if table.name.split("_", 1)[0] == "stg"]
    rows = ""
    for source in dict.fromkeys(source_of(name) for name in names):
        for one in facts.inputs.get(source, []):
            said = words["register"].format(origin=origin_word(words, one.origin))
            file = f"<code>{escape(one.file)}</code>" if one.file else f"{escape(source)}, {said}"
            digest = f"<code>{one.sha256}</code>" if one.sha256 else words["not_public"]
            rows += f"<tr><td>{file}</td><td>{escape(one.vintage)}</td><td>{digest}</td></tr>\n"
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{words[name]}</th>' for name in ("file", "vintage_head", "hash"))
    return (
        f'<div class="table-scroll figure-files" tabindex="0" role="region" aria-label="{words["files"]}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def correction(facts: Facts, item: dict[str, Any]) -> str:
    """Return a declared correction in one line."""
    return f"<code>{escape(str(item.get('code', '')))}</code> {facts.say(facts.shelf.say(item.get('reason')))}"
