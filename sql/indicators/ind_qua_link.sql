-- what: rows linked with a student among the rows of each register
-- grain: scope_level, scope_code, year
-- inputs: mart_linkage__register
-- caveats: no rate of all registers together: they are not known at the same time, so it would change with the edition.
with linkage as (
    select * from mart_linkage__register
),

final as (
    select
        'register' as scope_level,
        source_id as scope_code,
        year,
        linked_count as numerator,
        rows_count as denominator,
        origin
    from linkage
)

select * from final
order by scope_level, scope_code, year
