-- what: rows of each register that find a student of the enrolment register, and those that find none
-- grain: year, source_id
-- inputs: mart_linkage__enrolled
-- caveats: any enrolment of the year is enough, counted or not; for apogee itself, linked are the rows that have an
--   INE, their own or the one their student number leads to. A survey of year Y is linked with enrolments of Y - 1.
--   Years that apogee does not cover are absent. A row whose student number two INE share is a conflict, linked or not.
with counted as (
    select * from mart_linkage__enrolled
),

final as (
    select
        register_year as year,
        source_id,
        cast(sum(rows_count) as bigint) as rows_count,
        cast(sum(linked_count) as bigint) as linked_count,
        cast(sum(linked_by_ine_count) as bigint) as linked_by_ine_count,
        cast(sum(linked_by_number_count) as bigint) as linked_by_number_count,
        cast(sum(orphans_count) as bigint) as orphans_count,
        cast(sum(conflicts_count) as bigint) as conflicts_count,
        cast(sum(contradictions_count) as bigint) as contradictions_count,
        max(origin) as origin
    from counted
    group by all
)

select * from final
order by year, source_id
