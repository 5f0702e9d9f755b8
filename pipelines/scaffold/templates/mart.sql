-- what: $fill
-- grain: $grain
-- inputs: $table
-- caveats: $fill
with given as (
    select * from $table
),

final as (
    select
$columns,
        origin
    from given
)

select * from final
order by $grain
