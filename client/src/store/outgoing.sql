select sequence, body, fingerprint
from operation
where epoch = :epoch and sequence >= :first
order by sequence
limit :limit
