-- what: student numbers that lead to an INE, or to two: those that a row without a usable INE bears, or two INE share
-- grain: origin, number_key
-- inputs: stg_apogee__enrolment, stg_relint__stay
-- caveats: internal, never published. Empty when every INE is well formed and no number is shared. A student number is
--   one of an establishment: its key is made of both.
with numbered as (
    select
        origin,
        number_key,
        student_token,
        identity_code
    from stg_apogee__enrolment
    where number_key is not null
    union all
    select
        origin,
        number_key,
        student_token,
        identity_code
    from stg_relint__stay
    where number_key is not null
),

-- Millions of numbers are neither borne without an INE nor shared: they are left out before anything is counted.
wanted as (
    select
        origin,
        number_key
    from numbered
    where identity_code = 'number'
    union
    select
        origin,
        number_key
    from numbered
    where identity_code = 'ine'
    group by origin, number_key
    having min(student_token) <> max(student_token)
),

-- Where the INE is missing or malformed, the student number leads to the INE that other rows give for it, in any year.
-- Where two INE share the number nobody can say whose row it is, and nothing is guessed: no token.
final as (
    select
        origin,
        number_key,
        case when count(distinct student_token) = 1 then min(student_token) end as student_token,
        count(distinct student_token) as identities_count
    from numbered
    where identity_code = 'ine' and (origin, number_key) in (select (origin, number_key) from wanted)
    group by origin, number_key
)

select * from final
order by origin, number_key
