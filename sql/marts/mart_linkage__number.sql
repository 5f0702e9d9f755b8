-- what: student numbers that lead to an INE, or to two: those that a row without a usable INE bears, or two INE share
-- grain: year, origin, number_key
-- years: stg_apogee__enrolment all, stg_relint__stay all
-- inputs: stg_apogee__enrolment, stg_relint__stay
-- caveats: internal, never published. A number stands in each year in which such a row bears it. Empty when every INE
--   is well formed and no number is shared. A student number is one of an establishment: its key is made of both.
with numbered as (
    select
        year,
        origin,
        number_key,
        student_token,
        identity_code
    from stg_apogee__enrolment
    where number_key is not null
    union all
    select
        year,
        origin,
        number_key,
        student_token,
        identity_code
    from stg_relint__stay
    where number_key is not null
),

-- Millions of numbers stand with one token: with one INE, or never with any. They are left out before anything is
-- counted, and by the key alone, which takes half the time; those of two origins that share one are told apart below.
wanted as (
    select number_key
    from numbered
    group by number_key
    having min(student_token) <> max(student_token)
),

bearing as (
    select * from numbered
    where number_key in (select number_key from wanted)
),

-- Where the INE is missing or malformed, the student number leads to the INE that other rows give for it, in any year.
-- Where two INE share the number nobody can say whose row it is, and nothing is guessed: no token.
identity as (
    select
        origin,
        number_key,
        case when count(distinct student_token) = 1 then min(student_token) end as student_token,
        count(distinct student_token) as identities_count
    from bearing
    where identity_code = 'ine'
    group by origin, number_key
),

final as (
    select
        bearing.year,
        bearing.origin,
        bearing.number_key,
        max(identity.student_token) as student_token,
        max(identity.identities_count) as identities_count
    from bearing
    inner join identity on bearing.origin = identity.origin and bearing.number_key = identity.number_key
    group by bearing.year, bearing.origin, bearing.number_key
    having bool_or(bearing.identity_code = 'number') or max(identity.identities_count) > 1
)

select * from final
order by year, origin, number_key
