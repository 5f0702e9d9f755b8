"""Great Expectations' own Data Docs, from the same suites, for whoever knows them: `observatoire check --data-docs`.

Their pages ask some sixteen addresses of the network for their looks and are bare without it; ours, in
`build/quality`, ask none. Checks in SQL are not in them: they are ours. They stay inside, in `data/data-docs`; of a
table made of registers they say whether a check passes, and show no value.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from pipelines.check.engine import filled
from pipelines.check.gx import library
from pipelines.check.suites import SQL, Layer, Suite, read_suites
from pipelines.check.tables import Tables
from pipelines.kernel.catalogue import read_catalogue
from pipelines.kernel.dictionary import read_dictionary
from pipelines.kernel.files import replacing_folder
from pipelines.kernel.project import Project, Settings

LAYERS: tuple[Layer, ...] = ("staging", "marts")
SITE = "observatoire"


def make(project: Project, settings: Settings, layers: Sequence[Layer] = LAYERS) -> str:
    """Write the Data Docs of every table that is there to `data/data-docs`; return where to look, what they need."""
    target = project.data / "data-docs"
    context, source = _context()
    with warnings.catch_warnings(), replacing_folder(target) as part:
        warnings.simplefilter("ignore")
        context.add_data_docs_site(
            SITE,
            {
                "class_name": "SiteBuilder",
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
                "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(part)},
            },
        )
        try:
            for layer in layers:
                catalogue = read_catalogue(project) if layer == "marts" else None
                with Tables(project, settings, read_dictionary(project), catalogue) as tables:
                    for name, suite in read_suites(project, layer).items():
                        if tables.path(name).exists():
                            _validate(context, source, tables, suite, settings)
            context.build_data_docs(site_names=[SITE])
        finally:
            context.delete_data_docs_site(SITE)
    shown = project.shown(target / "index.html")
    return f"Data Docs of Great Expectations: {shown}. They load their looks from the network; build/quality does not."


def _context() -> tuple[Any, Any]:
    """Return a context that keeps nothing and calls nobody, with a source of frames."""
    gx = library()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context, context.data_sources.add_pandas("data docs")


def _frame(tables: Tables, suite: Suite, needed: set[str]) -> Any:
    """Return the columns that the checks look at, the others hollow; a personal column as a hash of itself."""
    parts = []
    for column in tables.columns(suite.table):
        if column not in needed:
            parts.append(f'0::utinyint as "{column}"')
        elif tables.is_personal(column):
            parts.append(f'case when "{column}" is not null then hash("{column}") end as "{column}"')
        else:
            parts.append(f'"{column}"')
    return tables.connection.execute(f"select {', '.join(parts)} from {suite.table}").df()


def _validate(context: Any, source: Any, tables: Tables, suite: Suite, settings: Settings) -> None:
    gx = library()
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    tables.declare([suite.table])
    items = [item for item in suite.expectations if item.type != SQL]
    expectations = [
        ExpectationConfiguration(
            type=item.type, kwargs=filled(tables, suite, item, settings), meta={"notes": item.why.en}
        ).to_domain_obj()
        for item in items
    ]
    frame = _frame(tables, suite, {column for item in items for column in item.columns})
    asset = source.add_dataframe_asset(suite.table)
    batch = asset.add_batch_definition_whole_dataframe("whole")
    made = context.suites.add_or_update(gx.ExpectationSuite(name=suite.table, expectations=expectations))
    definition = context.validation_definitions.add_or_update(
        gx.ValidationDefinition(name=suite.table, data=batch, suite=made)
    )
    shape = "BOOLEAN_ONLY" if suite.confidential else "SUMMARY"
    definition.run(batch_parameters={"dataframe": frame}, result_format={"result_format": shape})
    source.delete_asset(suite.table)
