select *
from operation as own
join receipt using (epoch, sequence)
left join resolved using (epoch, sequence, district_commit)
where verdict in ('conflict', 'rejected')
  and resolved.epoch is null
  and not exists (
    select 1
    from operation as later
    left join receipt as ruled on ruled.epoch = later.epoch and ruled.sequence = later.sequence
    where later.form = own.form
      and later.period = own.period
      and (later.epoch, later.sequence) > (own.epoch, own.sequence)
      and (ruled.verdict is null or ruled.verdict = 'accepted')
  )
order by epoch, sequence
