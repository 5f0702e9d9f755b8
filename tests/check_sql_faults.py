"""The planted fault of each check in SQL: the smallest change of a good table that breaks it.

`{t}` is the table of the suite; `rowid = 0` its first row. Checks that share a form share their fault, by the
condition they state; the others have a line of their own, by id.
"""

from __future__ import annotations

FIRST = "where rowid = 0"

BY_CONDITION = {
    "is_token": "alter table {t} alter student_token type varchar",
    "with_ine >= 0.9 * row_count": "update {t} set identity_code = 'number' where year = 2020",
    "contradicting <= 0.01 * read_count": "update {t} set contradictions_count = rows_count where year = 2020",
    "last_year >= due_year": "update {t} set year = least(year, 2019)",
    "rows_found > 0": "delete from {t} where year = 2020",
    "is_there": "delete from {t} where year = 2020",
    "missing_code is null or missing_code in": f"update {{t}} set missing_code = 'secret' {FIRST}",
    "$edition": f"update {{t}} set year = 2099 {FIRST}",
    "students = persons": f"delete from {{t}} {FIRST}",
    "value between 0 and 100": "update {t} set value = 101 where measure_code = 'employment_pct'",
    "value is null or missing_code is null": f"update {{t}} set value = 1, missing_code = 'ns' {FIRST}",
    "value = round(value)": "update {t} set value = 1.5 where measure_code = 'responses_count'",
    "women_count + men_count = students_count": f"update {{t}} set women_count = women_count + 1 {FIRST}",
    "by_kind = new_bachelors_count": (
        "update {t} set new_bachelors_general_count = new_bachelors_general_count + 1 where year = 2023"
    ),
    "students = staged_students": f"update {{t}} set students_count = students_count + 1 {FIRST}",
    "departements < occitanie and occitanie < france": (
        "update {t} set contracts_count = 1 where territory_level = 'region' and year = 2020"
    ),
}
"""A part of the condition → the fault."""

BY_ID = {
    "EMP-417": "update {t} set responses_count = responses_count + 1 where speciality_code = '_T' and year = 2014",
    "APP-247": f"update {{t}} set breaches_count = -1 {FIRST}",
    "APP-417": f"delete from {{t}} {FIRST}",
    "MOB-518": "update {t} set mobile_students_count = case when year = 2018 then 1000 else 1 end",
    "APP-519": "update {t} set apprentices_count = 3 * apprentices_count where year = 2020",
    "SCH-418": "update {t} set scholarship_holders_count = 3 * scholarship_holders_count where year = 2020",
    "EMP-022": "delete from {t} where year = 2014",
    "ENR-816": "delete from {t} where year = 2020 and site_code = 'figeac'",
    "STU-021": "delete from {t} where year = 2020 and site_code = 'figeac'",
    "EMP-518": "delete from {t} where year = 2020 and site_code = 'figeac'",
    "MOB-517": "delete from {t} where year = 2020 and site_code = 'figeac'",
    "APP-518": "delete from {t} where year = 2020 and site_code = 'figeac'",
    "APP-016": "delete from {t} where territory_code = '09' and year = 2019",
    "APP-015": f"update {{t}} set months_covered = 11 {FIRST}",
    "APP-018": "update {t} set contracts_count = 3 * contracts_count where territory_code = '31' and year = 2019",
    "APP-113": f"update {{t}} set year = year - 1 {FIRST}",
    "APP-114": f"update {{t}} set measure_code = 'employment_pct', value = 140, missing_code = null {FIRST}",
    "APP-115": "update {t} set region_label = 'BRETAGNE' where year = 2020",
    "APP-217": f"update {{t}} set end_date = start_date - interval 1 day {FIRST}",
    "APP-218": f"update {{t}} set breach_date = end_date + interval 1 day {FIRST}",
    "APP-219": f"update {{t}} set start_date = make_date(year + 1, 9, 15) {FIRST}",
    "APP-220": f"update {{t}} set contract_months = contract_months + 6 {FIRST}",
    "APP-314": f"delete from {{t}} {FIRST}",
    "APP-316": f"update {{t}} set contracts_count = contracts_count + 1 {FIRST}",
    "APP-415": (
        "update {t} set value_added_points = value_added_points + 5 where rowid = "
        "(select min(rowid) from {t} where value_added_points is not null and employment_pct is not null)"
    ),
    "APP-517": None,
    "EMP-020": "delete from {t} where uai = '0311384L' and year = 2014",
    "EMP-122": "delete from {t} where discipline_code = 'disc00' and year = 2014",
    "EMP-218": (
        "update {t} set has_answered = false where rowid = (select min(rowid) from {t} where is_employed is not null)"
    ),
    "EMP-219": "update {t} set is_stable = true where rowid = (select min(rowid) from {t} where not is_employed)",
    "EMP-220": "update {t} set has_answered = false where year = 2020",
    "EMP-319": "update {t} set missing_code = 'ns' where employment_pct is not null",
    "EMP-320": "delete from {t} where establishment_code = 'ut3' and year = 2014 and months_after = 18",
    "EMP-416": "update {t} set employment_pct = null where speciality_code = '_T' and year = 2014",
    "EMP-517": f"update {{t}} set stable_count = employed_count + 1 {FIRST}",
    "EMP-620": f"update {{t}} set estimated_count = null {FIRST}",
    "EMP-621": "update {t} set responses_count = 500 where scope_level = 'establishment' and year = 2014",
    "EMP-622": "delete from {t} where scope_code = 'ut3' and year = 2014 and measure_code = 'stable_pct'",
    "EMP-623": "update {t} set estimated_count = 97 where scope_code = 'ut1' and year = 2016",
    "ENR-023": "delete from {t} where rowid = (select min(rowid) from {t} where year = 2012 and paysage_id = 'm7K6T')",
    "ENR-024": "delete from {t} where rowid = (select min(rowid) from {t} where year = 2012 and paysage_id = 'HqAYu' "
    "and diploma_label = 'Licence professionnelle')",
    "ENR-026": "update {t} set paysage_id = 'xxxxx' where paysage_id = 'HqAYu' and year = 2018",
    "ENR-027": "update {t} set students_count = students_count * 2 where paysage_id = 'HqAYu' and year = 2018",
    "ENR-118": f"update {{t}} set international_students_count = students_count + 1 {FIRST}",
    "ENR-119": "update {t} set dut_count = dut_count * 1.1 where paysage_id = 'HqAYu' and year = 2018",
    "ENR-121": "update {t} set students_count = students_count * 2 where paysage_id = 'HqAYu' and year = 2018",
    "ENR-211": "update {t} set departement_code = '9' where uai = '0120870F'",
    "ENR-212": "update {t} set latitude = longitude, longitude = latitude where uai = '0120870F'",
    "ENR-320": "update {t} set students_count = students_count + 1 where rowid = (select min(rowid) from {t} "
    "where year = 2012 and establishment_code = 'ut3' and diploma_code = 'DUT')",
    "ENR-321": "update {t} set students_count = students_count + 1 where rowid = (select min(rowid) from {t} "
    "where year = 2012 and establishment_code = 'ut2j' and diploma_code = 'LP')",
    "ENR-323": "delete from {t} where year = 2018 and establishment_code = 'inuc'",
    "ENR-324": "update {t} set sex_code = 'F' where year = 2018 and establishment_code = 'ut3'",
    "ENR-325": "update {t} set students_count = students_count * 2 where year = 2018 and establishment_code = 'ut3'",
    "ENR-414": f"update {{t}} set students_count = students_count + 1 {FIRST}",
    "ENR-515": f"update {{t}} set bac_general_count = students_count + 1 {FIRST}",
    "ENR-517": "update {t} set students_count = students_count * 2 where year = 2012 and establishment_code = 'ut3'",
    "ENR-621": "delete from {t} where year = 2020 and site_code = 'figeac'",
    "ENR-622": "update {t} set students_count = students_count * 2 where year = 2020 and site_code = 'toulouse'",
    "ENR-727": f"update {{t}} set left_on = enrolled_on - interval 1 day {FIRST}",
    "ENR-728": f"update {{t}} set enrolled_on = make_date(year + 1, 9, 1) {FIRST}",
    "ENR-729": "insert into {t} select * replace (enrolled_on + interval 1 day as enrolled_on) from {t} "
    "where year = 2020 and is_principal",
    "ENR-730": "delete from {t} where year = 2020 and site_code = 'figeac'",
    "ENR-731": "update {t} set diploma_code = 'BUT' where rowid = (select min(rowid) from {t} where year = 2019)",
    "ENR-732": "delete from {t} where year = 2020 and site_code = 'toulouse' and rowid % 2 = 0",
    "ENR-814": f"update {{t}} set repeating_count = entrants_count + 1 {FIRST}",
    "ENR-815": f"update {{t}} set entrants_count = entrants_count + 50000 {FIRST}",
    "ENR-911": "update {t} set scope_code = 'ut3' where scope_level = 'site' and year = 2018",
    "ENR-915": "update {t} set students_count = students_count + 1 where scope_code = 'ut3' and year = 2018",
    "ENR-916": "update {t} set students_count = 2 * students_count where year = 2011 and diploma_code = 'LP'",
    "ENR-917": "delete from {t} where year = 2011",
    "ENR-918": "update {t} set students_count = students_count + 1 where scope_level = 'region' and year = 2006",
    "ENR-919": "delete from {t} where scope_level = 'region' and year = 2012 and diploma_code = 'LP'",
    "LNK-010": f"update {{t}} set orphans_count = orphans_count + 1 {FIRST}",
    "LNK-011": "update {t} set linked_count = 0 where source_id = 'crous' and year = 2020",
    "LNK-013": f"update {{t}} set linked_by_number_count = linked_by_number_count + 1 {FIRST}",
    "LNK-014": "update {t} set conflicts_count = rows_count where source_id = 'apogee' and year = 2020",
    "LNK-031": "update {t} set linked_count = rows_count // 3 where source_id = 'crous' and year = 2020",
    "LNK-067": f"update {{t}} set linked_count = linked_count + 1 {FIRST}",
    "LNK-068": f"delete from {{t}} {FIRST}",
    "LNK-012": "delete from {t} where source_id = 'apogee' and year = 2020",
    "LNK-046": f"update {{t}} set student_token = null, identities_count = 1 {FIRST}",
    "MOB-015": f"update {{t}} set students_count = students_count + 1 {FIRST}",
    "MOB-016": "update {t} set students_count = 9999 where origin_system_label <> 'Autres cas' and year = 2019",
    "MOB-114": "update {t} set sending_code = 'F TOULOUS03' where sending_code = 'F  TOULOUS03'",
    "MOB-219": f"update {{t}} set country_code = 'FR' {FIRST}",
    "MOB-223": f"update {{t}} set end_date = start_date - interval 1 day {FIRST}",
    "MOB-224": f"update {{t}} set start_date = start_date + interval 2 year {FIRST}",
    "MOB-225": "insert into {t} select * replace (end_date + interval 1 day as end_date) from {t} where year = 2019",
    "MOB-253": f"update {{t}} set rows_count = 0 {FIRST}",
    "MOB-415": f"update {{t}} set students_count = students_count + 1 {FIRST}",
    "MOB-515": f"update {{t}} set mobile_students_count = study_stays_count + placement_stays_count + 1 {FIRST}",
    "OFF-015": f"update {{t}} set departement_code = '33' {FIRST}",
    "OFF-020": "update {t} set speciality_code = '_Z' where diploma_code = 'BUT'",
    "OFF-021": "update {t} set commune_label = 'Toulouse' where commune_label is not null",
    "OFF-023": "update {t} set site_code = 'tarbes' where diploma_code = 'BTS'",
    "OFF-114": "update {t} set source_id = 'parcoursup' where year = 2017",
    "OFF-118": "update {t} set speciality_code = '_Z' where diploma_code = 'BUT'",
    "OFF-122": "update {t} set new_bachelors_count = admitted_count where source_id = 'apb'",
    "OFF-123": f"delete from {{t}} {FIRST}",
    "REC-010": f"update {{t}} set register_students_count = register_students_count + 1 {FIRST}",
    "REC-011": "update {t} set register_students_count = 0 where year = 2020 and establishment_code = 'ut3' "
    "and diploma_code = 'DUT'",
    "REC-012": "update {t} set register_students_count = 0.8 * scale_share * open_students_count "
    "where year = 2020 and establishment_code = 'ut3' and diploma_code = 'DUT'",
    "REC-013": None,
    "REC-014": "update {t} set register_students_count = 0.85 * scale_share * open_students_count where year = 2020",
    "REF-010": "delete from {t} where paysage_id = 'HqAYu'",
    "REF-111": "delete from {t} where departement_code = '09'",
    "SCH-019": "delete from {t} where uai = '0120870F' and year = 2016",
    "SCH-123": "update {t} set admitted_count = admitted_count + 1 where rowid = (select min(rowid) from {t} "
    "where year = 2018 and uai = '0311086M')",
    "SCH-124": "update {t} set new_bachelors_scholarship_count = 0 where year = 2023 and uai = '0120870F'",
    "SCH-125": "delete from {t} where uai = '0120870F' and year = 2019",
    "SCH-126": "update {t} set formation_code = '1' where year = 2023",
    "SCH-127": "update {t} set admitted_count = admitted_count * 3 where uai = '0120870F' and year = 2019",
    "SCH-216": f"update {{t}} set decided_on = make_date(year + 2, 1, 1) {FIRST}",
    "SCH-217": "update {t} set student_token = uuid() where year = 2020",
    "SCH-319": "update {t} set admitted_scholarship_count = 1 where year = 2018",
    "SCH-321": "update {t} set admitted_count = admitted_count + 1 where rowid = (select min(rowid) from {t} "
    "where year = 2018 and site_code = 'toulouse')",
    "SCH-322": "update {t} set new_bachelors_scholarship_count = 0 where year = 2023 and site_code = 'rodez'",
    "SCH-323": f"update {{t}} set admitted_count = admitted_count + 1 {FIRST}",
    "SCH-324": "delete from {t} where year = 2018 and site_code = 'rodez'",
    "SCH-325": f"update {{t}} set speciality_code = '_U' {FIRST}",
    "SCH-326": "update {t} set new_bachelors_scholarship_count = 0 where year = 2018 and site_code = 'rodez'",
    "SCH-417": "delete from {t} where year = 2020 and site_code = 'figeac'",
    "STU-017": "insert into {t} select * from {t} where year = 2020",
    "STU-018": "update {t} set echelon_code = null where is_scholarship_holder and year = 2020",
    "STU-019": "update {t} set is_mobile = false where is_mobile and year = 2020",
    "STU-020": "update {t} set is_scholarship_holder = false where year = 2020",
}
"""Id → the fault; `None` where the check reads other tables only: a test of its own plants it there."""


def fault_of(check: str, condition: str) -> str | None:
    """Return the fault of a check. Raises `KeyError` when nobody has written one."""
    if check in BY_ID:
        return BY_ID[check]
    return next(fault for part, fault in BY_CONDITION.items() if part in condition)
