-- what: what the contracts say about a person's year: apprentice or not, and how many breaches
-- grain: year, origin, student_token
-- years: stg_cfa__contract all
-- inputs: stg_cfa__contract
-- caveats: internal, never published. Persons of the exports, enrolled or not. A breach may fall in a year of which no
--   export says anything yet; whether a year is covered is what the exports themselves say.
with contract as (
    select * from stg_cfa__contract
),

-- A contract stands in the export of every year in which it runs, and a breach is often typed in the one after: what
-- the latest export says of a contract holds for all.
known_contract as (
    select
        year,
        origin,
        student_token,
        start_date,
        end_date,
        max(breach_date) over (partition by origin, student_token, start_date) as breach_date
    from contract
),

-- An apprentice is whoever has a contract in force on the reference date. A contract breached before and replaced by
-- then still makes one apprentice, breached and not replaced none; two contracts in force are one person.
contract_of_year as (
    select
        year,
        origin,
        student_token,
        bool_or(
            start_date <= make_date(year + 1, 1, 15)
            and end_date >= make_date(year + 1, 1, 15)
            and (breach_date is null or breach_date > make_date(year + 1, 1, 15))
        ) as is_apprentice,
        cast(0 as bigint) as breaches_count
    from known_contract
    group by year, origin, student_token
),

-- A breach counts once, in the academic year in which it happens, whether or not another contract follows.
breach_of_year as (
    select
        year(breach_date) - cast(month(breach_date) < 9 as integer) as year,
        origin,
        student_token,
        false as is_apprentice,
        count(distinct start_date) as breaches_count
    from known_contract
    where breach_date is not null
    group by all
),

said as (
    select * from contract_of_year
    union all
    select * from breach_of_year
),

final as (
    select
        year,
        origin,
        student_token,
        bool_or(is_apprentice) as is_apprentice,
        max(breaches_count) as breaches_count
    from said
    group by year, origin, student_token
)

select * from final
order by year, origin, student_token
