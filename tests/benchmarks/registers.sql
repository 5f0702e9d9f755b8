-- The five registers to their marts, as one script that an analyst would write for DuckDB: the yardstick of
-- tests/benchmarks/registers.py. It takes clean files on trust: no rule is checked, no bad row named, no duplicate
-- brought together, nothing kept between reading and counting.
-- Variables: inner_pad, outer_pad (HMAC-SHA-256), <register>_files (lists), apogee_latin_1 (list).
create macro hmac_of(x) as sha256(getvariable('outer_pad') || unhex(sha256(getvariable('inner_pad') || encode(x))));
create macro token_of(x) as cast(left(hmac_of(x), 32) as uuid);
create macro key_of(x) as cast('0x' || left(hmac_of(x), 15) as bigint);
create macro is_ine(x) as regexp_full_match(x, '[0-9A-Z]{11}');
create macro day_of(x) as cast(try_strptime(x, '%d/%m/%Y') as date);

create temp table apogee as
with text as (
    select * from read_csv(getvariable('apogee_files'), delim = ';', header = true, all_varchar = true, quote = '')
    union all by name
    select *
    from read_csv(
        getvariable('apogee_latin_1'), delim = ';', header = true, all_varchar = true, quote = '', encoding = 'latin-1'
    )
)
select
    cast(text.ANNEE as bigint) as year,
    token_of(case when is_ine(INE) then INE else upper(establishment_code || '/' || NUM_ETUDIANT) end) as token,
    key_of(upper(establishment_code || '/' || NUM_ETUDIANT)) as number_key,
    coalesce(is_ine(INE), false) as has_ine,
    SITE as site_code, DIPLOME as diploma_code, SPECIALITE as speciality_code, NIVEAU as level_code,
    REGIME as regime_code, SERIE_BAC as bac_code, SEXE as sex_code, establishment_code,
    INSCRIPTION = 'P' as is_principal,
    day_of(DATE_INSCRIPTION) as enrolled_on,
    day_of(DATE_DEPART) as left_on
from text
inner join establishment on text.UAI = establishment.uai;

create temp table relint as
select
    cast(ANNEE as bigint) as year,
    token_of(case when is_ine(INE) then INE else upper(establishment_code || '/' || NUM_ETUDIANT) end) as token,
    key_of(upper(establishment_code || '/' || NUM_ETUDIANT)) as number_key,
    coalesce(is_ine(INE), false) as has_ine,
    day_of(DATE_DEBUT) as start_date,
    day_of(DATE_FIN) as end_date,
    case TYPE_SEJOUR when 'études' then 'study' else 'placement' end as kind_code
from read_csv(getvariable('relint_files'), delim = ';', header = true, all_varchar = true, quote = '') as text
inner join establishment on text.UAI = establishment.uai;

create temp table crous as
select cast(ANNEE as bigint) as year, token_of(INE) as token, ECHELON as echelon_code, day_of(DATE_DECISION) as decided_on
from read_csv(getvariable('crous_files'), delim = ';', header = true, all_varchar = true, quote = '');

create temp table cfa as
select
    cast(ANNEE as bigint) as year, token_of(INE) as token,
    day_of(DATE_DEBUT) as start_date, day_of(DATE_FIN) as end_date, day_of(DATE_RUPTURE) as breach_date
from read_csv(getvariable('cfa_files'), delim = ';', header = true, all_varchar = true, quote = '');

create temp table survey as
select
    cast(ANNEE_DIPLOME as bigint) as year, token_of(INE) as token, cast(DELAI_MOIS as bigint) as months_after,
    A_REPONDU = 'oui' as has_answered,
    cast(cast(POIDS as double) as decimal(12, 4)) as weight,
    A_REPONDU = 'oui' and coalesce(POURSUIT_ETUDES, 'non') = 'non' and EN_EMPLOI is not null as is_active,
    EN_EMPLOI = 'oui' as is_employed, EMPLOI_STABLE = 'oui' as is_stable,
    NIVEAU_INTERMEDIAIRE = 'oui' as is_intermediate, EN_REGION = 'oui' as is_in_region
from read_csv(getvariable('survey_files'), delim = ';', header = true, all_varchar = true, quote = '');

-- What is read is kept.

-- Linking on the student number where the INE is malformed.
create temp table crosswalk as
with numbered as (
    select number_key, token, has_ine from apogee union all select number_key, token, has_ine from relint
)
select number_key, min(token) as token, count(distinct token) as identities
from numbered
where
    has_ine
    and (
        number_key in (select number_key from numbered where not has_ine)
        or number_key in (
            select number_key from numbered where has_ine group by number_key having min(hash(token)) <> max(hash(token))
        )
    )
group by number_key;

create temp table enrolment as
select
    apogee.* replace (case when has_ine or identities > 1 then apogee.token else coalesce(crosswalk.token, apogee.token) end as token),
    identities is not null as is_known,
    coalesce(identities > 1, false) as is_conflict
from apogee
left join crosswalk using (number_key);
drop table apogee;

create temp table stay as
select
    relint.* replace (case when has_ine or identities > 1 then relint.token else coalesce(crosswalk.token, relint.token) end as token),
    coalesce(identities > 1, false) as is_conflict,
    year(start_date) - cast(month(start_date) < 9 as integer) as stay_year
from relint
left join crosswalk using (number_key);
drop table relint;

create temp table mart_student__year as
with student as (
    select * from enrolment
    where
        is_principal
        and enrolled_on <= make_date(year + 1, 1, 15)
        and (left_on is null or left_on > make_date(year + 1, 1, 15))
    qualify row_number() over (
        partition by year, token
        order by enrolled_on desc, level_code desc, diploma_code asc, site_code asc, speciality_code asc
    ) = 1
),

-- Of two decisions of one day the lower échelon, as the product keeps it: chance would choose otherwise each time.
grants as (
    select year, token, arg_min(echelon_code, (date '2100-01-01' - decided_on, echelon_code)) as echelon_code
    from crous
    group by all
),

contract as (
    select *, max(breach_date) over (partition by token, start_date) as breached from cfa
),

apprentice as (
    select
        year, token,
        bool_or(
            start_date <= make_date(year + 1, 1, 15) and end_date >= make_date(year + 1, 1, 15)
            and (breached is null or breached > make_date(year + 1, 1, 15))
        ) as is_apprentice
    from contract
    group by all
),

breach as (
    select year(breached) - cast(month(breached) < 9 as integer) as year, token, count(distinct start_date) as breaches
    from contract
    where breached is not null
    group by all
),

marked as (
    select
        *,
        coalesce(start_date > max(end_date) over (
            partition by stay_year, token, kind_code order by start_date, end_date
            rows between unbounded preceding and 1 preceding
        ), true) as begins
    from (select distinct stay_year, token, kind_code, start_date, end_date from stay) -- said again by a later file
),

numbered as (
    select
        *,
        sum(cast(begins as integer)) over (
            partition by stay_year, token, kind_code order by start_date, end_date
            rows between unbounded preceding and current row
        ) as place
    from marked
),

counted as (
    select stay_year, token, kind_code from numbered
    group by stay_year, token, kind_code, place
    having max(end_date) - min(start_date) + 1 >= 14
),

stays as (
    select
        stay_year as year, token,
        count(*) filter (where kind_code = 'study') as studies,
        count(*) filter (where kind_code = 'placement') as placements
    from counted
    group by all
)

select
    student.year, student.token as student_token, site_code, diploma_code, speciality_code, level_code, regime_code,
    bac_code, sex_code, establishment_code,
    grants.token is not null as is_scholarship_holder,
    grants.echelon_code,
    coalesce(is_apprentice, false) as is_apprentice,
    coalesce(breaches, 0) as breaches_count,
    stays.token is not null as is_mobile,
    coalesce(studies, 0) as study_stays_count,
    coalesce(placements, 0) as placement_stays_count,
    case when has_ine then 'ine' else 'number' end as identity_code,
    'simulated' as origin
from student
left join grants on student.year = grants.year and student.token = grants.token
left join apprentice on student.year = apprentice.year and student.token = apprentice.token
left join breach on student.year = breach.year and student.token = breach.token
left join stays on student.year = stays.year and student.token = stays.token;

create temp table mart_enrolment__register as
select
    year, site_code, diploma_code, speciality_code, sex_code, bac_code, regime_code, count(*) as students_count,
    'simulated' as origin
from mart_student__year group by all;

create temp table mart_scholarship__register as
select
    year, site_code, diploma_code, speciality_code, count(*) as students_count,
    count(*) filter (where is_scholarship_holder) as scholarship_holders_count, 'simulated' as origin
from mart_student__year group by all;

create temp table mart_apprenticeship__register as
select
    year, site_code, diploma_code, speciality_code, count(*) as students_count,
    count(*) filter (where is_apprentice) as apprentices_count,
    cast(sum(breaches_count) as bigint) as breaches_count, 'simulated' as origin
from mart_student__year group by all;

create temp table mart_mobility__register as
select
    year, site_code, diploma_code, speciality_code, count(*) as students_count,
    count(*) filter (where is_mobile) as mobile_students_count,
    cast(sum(study_stays_count) as bigint) as study_stays_count,
    cast(sum(placement_stays_count) as bigint) as placement_stays_count, 'simulated' as origin
from mart_student__year group by all;

create temp table mart_success__register as
with course as (
    select
        year, student_token, site_code, diploma_code,
        diploma_code <> 'LP' and level_code = '1' as is_first,
        (diploma_code = 'DUT' and level_code = '2') or (diploma_code = 'BUT' and level_code = '3')
        or diploma_code = 'LP' as is_final
    from mart_student__year
),

followed as (
    select
        this.*,
        this.is_first and not coalesce(last.is_first, false) as is_entrant,
        coalesce(not next.is_first and next.diploma_code <> 'LP', false) as is_promoted,
        coalesce(next.is_first, false) as is_repeating,
        coalesce(next.diploma_code <> this.diploma_code, false) as is_continuing
    from course as this
    left join course as last on this.year = last.year + 1 and this.student_token = last.student_token
    left join course as next on this.year = next.year - 1 and this.student_token = next.student_token
    where this.year > (select min(year) from course) and this.year < (select max(year) from course)
)

select
    year, site_code, diploma_code,
    count(*) filter (where is_entrant) as entrants_count,
    count(*) filter (where is_entrant and is_promoted) as promoted_count,
    count(*) filter (where is_entrant and is_repeating) as repeating_count,
    count(*) filter (where is_final) as final_year_count,
    count(*) filter (where is_final and is_continuing) as continuing_count,
    'simulated' as origin
from followed group by all;

create temp table mart_employment__register as
select
    survey.year, site_code, diploma_code, months_after,
    count(*) as graduates_count,
    count(*) filter (where has_answered) as answers_count,
    count(*) filter (where is_active) as active_count,
    count(*) filter (where is_active and is_employed) as employed_count,
    count(*) filter (where is_active and is_stable) as stable_count,
    count(*) filter (where is_active and is_intermediate) as intermediate_count,
    count(*) filter (where is_active and is_in_region) as in_region_count,
    cast(coalesce(sum(weight) filter (where is_active), 0) as decimal(18, 4)) as weighted_active_count,
    cast(coalesce(sum(weight) filter (where is_active and is_employed), 0) as decimal(18, 4)) as weighted_employed_count,
    cast(coalesce(sum(weight) filter (where is_active and is_stable), 0) as decimal(18, 4)) as weighted_stable_count,
    cast(coalesce(sum(weight) filter (where is_active and is_intermediate), 0) as decimal(18, 4))
        as weighted_intermediate_count,
    cast(coalesce(sum(weight) filter (where is_active and is_in_region), 0) as decimal(18, 4)) as weighted_in_region_count,
    'simulated' as origin
from (select distinct * from survey) as survey -- answers sent again in a later file count once
inner join mart_student__year as student on survey.year - 1 = student.year and survey.token = student.student_token
group by all;

create temp table mart_linkage__register as
with enrolled as (select distinct year, token from enrolment),

registered as (
    select year, year as enrolled_year, 'crous' as source_id, token, true as has_ine, false as is_conflict from crous
    union all
    select year, year, 'cfa', token, true, false from cfa
    union all
    select year, stay_year, 'relint', token, has_ine, is_conflict from stay
    union all
    select year, year - 1, 'survey', token, true, false from survey
),

linked as (
    select registered.*, enrolled.token is not null as is_linked
    from registered
    left join enrolled on registered.enrolled_year = enrolled.year and registered.token = enrolled.token
    where registered.enrolled_year in (select year from enrolled)
    union all
    select year, year, 'apogee', token, has_ine, is_conflict, has_ine or (is_known and not is_conflict) from enrolment
)

select
    year, source_id, count(*) as rows_count,
    count(*) filter (where is_linked) as linked_count,
    count(*) filter (where is_linked and has_ine) as linked_by_ine_count,
    count(*) filter (where is_linked and not has_ine) as linked_by_number_count,
    count(*) filter (where not is_linked) as orphans_count,
    count(*) filter (where is_conflict) as conflicts_count,
    0::bigint as contradictions_count,
    'simulated' as origin
from linked group by all;
