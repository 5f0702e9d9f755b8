"""Queries that say each construct of the list once, over values that tell two engines apart: run on both by a test.

One table, `rows_`: whole numbers, doubles at their halves, decimals, text with accents and without, dates, gaps.
"""

from __future__ import annotations

ROWS = """
select * from (values
    (1, 2008, cast(0.5 as double), cast(0.5 as decimal(9, 2)), 'Réseaux', date '2008-02-29', true, 'a'),
    (2, 2008, cast(1.5 as double), cast(1.5 as decimal(9, 2)), 'éréseaux', date '2008-12-31', false, 'a'),
    (3, 2009, cast(2.5 as double), cast(2.5 as decimal(9, 2)), 'ÉCOLE Œuvre', date '2009-01-01', null, 'b'),
    (4, 2009, cast(-0.5 as double), cast(-2.5 as decimal(9, 2)), '', date '1900-01-01', true, 'b'),
    (5, 2010, cast(-2.5 as double), cast(-0.05 as decimal(9, 2)), null, date '9999-12-31', true, 'b'),
    (6, 2010, cast(1.005 as double), cast(1.25 as decimal(9, 2)), 'l’école', null, false, 'c'),
    (7, null, cast(0.145 as double), cast(-1.25 as decimal(9, 2)), 'Zèbre', date '2010-10-01', null, 'c'),
    (8, 2011, cast(2.675 as double), null, 'a_b%c', date '2011-03-31', false, null),
    (9, 2011, null, cast(9.99 as decimal(9, 2)), 'chimie', date '2012-01-15', true, null),
    (10, null, cast(72.35 as double), cast(0 as decimal(9, 2)), 'chimié', date '2011-09-01', true, 'é')
) as given (id, year, share, points, label, day, ok, code)
"""

CASES = (
    # one row an id: what is computed from a row
    """
    select
        id,
        cast(share as bigint) as a1,
        cast(points as bigint) as a2,
        cast(share as decimal(9, 2)) as a3,
        cast(points as decimal(9, 1)) as a4,
        cast(share as decimal(12, 4)) as a5,
        cast(ok as integer) as a6,
        cast(points as double) as a7,
        cast(null as bigint) as a8,
        id / 3 as b1,
        points / 7 as b2,
        share / nullif(id - 3, 0) as b3,
        (points + id) * -1 as b4,
        share * id - 0.5 as b5,
        100 - points as b6,
        coalesce(points, share, 0) as b7,
        nullif(code, 'a') as b8,
        greatest(code, label) as c1,
        least(id, year) as c2,
        abs(share) as c3,
        lower(label) as c4,
        upper(label) as c5,
        concat_ws(' – ', label, code) as c6,
        label like '%cole%' as c7,
        regexp_matches(lower(label), '\\br[ée]seaux') as c8,
        regexp_matches(label, '^(a|chimi[eé])\\b') as c9,
        regexp_matches(label, case when id > 3 then '\\bchimi' else 'x' end) as c10,
        make_date(year, 10, 1) as d1,
        year(day) - cast(month(day) < 9 as integer) as d2,
        day(day) as d3,
        date_diff('day', date '2000-01-01', day) as d4,
        day >= date '2009-01-01' and day <> date '2011-03-31' as d5,
        year between 2008 and 2009 as e1,
        code in ('a', 'b') as e2,
        not coalesce(ok, false) or code = 'c' as e3,
        ok is not null as e4,
        case code when 'a' then 1 when 'b' then 2 else 3 end as e5,
        case when share > 1 and id >= 3 then 'x' when share <= 0 then label end as e6,
        (select coalesce(max(inner_.year), 9999) from rows_ as inner_ where inner_.id < 0) as e7,
        true as e8,
        getvariable('edition') as e9
    from rows_
    """,
    # windows: where gaps come, both ways
    """
    with ranked as (
        select
            *,
            row_number() over (order by label, id) as w1,
            row_number() over (order by label desc, id) as w2,
            rank() over (order by code) as w3,
            dense_rank() over (order by code desc) as w4,
            first_value(label) over (partition by code order by share, id) as w5,
            lag(id) over (partition by code order by id) as w6,
            lead(id) over (partition by code order by id) as w7,
            max(day) over (partition by code order by id rows between unbounded preceding and 1 preceding) as w8,
            count(*) filter (where ok) over (
                partition by code order by id rows between unbounded preceding and current row
            ) as w9
        from rows_
    )
    select * exclude (day) from ranked
    """,
    # groups: sets of them, filters, gaps, the latest
    """
    select
        coalesce(code, 'all') as code,
        grouping(code) as whole,
        year,
        count(*) as g1,
        count(share) as g2,
        count(distinct code) as g3,
        count(*) filter (where ok) as g4,
        sum(points) as g5,
        cast(sum(id) filter (where ok) as bigint) as g6,
        max(label) as g7,
        min(label) as g8,
        bool_or(ok) as g9,
        bool_and(ok) as g10,
        arg_max(label, id) as g11,
        arg_min(points, id) as g12,
        max(id) - min(id) as g13,
        min(share) as g14
    from rows_
    where id < 10
    group by grouping sets ((code, year), (year), ())
    having count(*) > 0
    """,
    # joins and sets of rows
    """
    with one as materialized (
        select id, code, year, hash(code, year) as code_key from rows_
    ),
    other as not materialized (
        select distinct code, year from rows_ where ok
    ),
    kept as (
        select one.* from one
        where (one.code, one.year) in (select (code, year) from other)
        union all
        select * from one
        where year not in (select other.year from other where other.year is not null)
    ),
    best as (
        select * from rows_
        where exists (select 1 from one where one.id = rows_.id and one.code <> 'a')
        qualify row_number() over (partition by code order by share desc, id) = 1
    )
    select one.id, other.code, kept.year, best.label, one.code_key in (select code_key from kept) as is_kept
    from one
    left join other on one.code = other.code and one.year = other.year
    left join kept on one.id = kept.id
    left join best on one.id = best.id
    cross join (select max(id) as most from rows_) as size
    where one.id <= size.most
    """,
    "select code, max(id) as n from rows_ group by all",
)


def constructs_of(case: str) -> set[str]:
    """Return sqlglot's names of what a case says."""
    from sqlglot import parse_one

    return {type(node).__name__ for node in parse_one(case, dialect="duckdb").walk()}
