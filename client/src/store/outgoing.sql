select sequence, body, fingerprint
from operation
left join receipt using (epoch, sequence)
where epoch = :epoch
  and sequence >= :first
  and (sequence > :has or district_commit is null)
order by sequence
limit :limit
