-- from the few that were refused on, never through all that was sealed
select *
from receipt indexed by refused
cross join operation as own on own.id = receipt.operation
join place on place.id = own.place
left join resolved on resolved.operation = receipt.operation and resolved.district_commit = receipt.district_commit
where verdict != 'accepted'
  and resolved.operation is null
  and own.id not in (select moved.operation from moved)
  and not exists (
    select 1
    from operation as later
    left join receipt as ruled on ruled.operation = later.id
    where later.place = own.place
      and later.id > own.id
      and (ruled.verdict is null or ruled.verdict = 'accepted')
  )
order by own.id
