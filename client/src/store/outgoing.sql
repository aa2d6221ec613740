select id, body, fingerprint
from operation
left join outbox on outbox.operation = operation.id
where id between :first and :last
  and (id > :has or outbox.operation is not null)
order by id
limit :limit
