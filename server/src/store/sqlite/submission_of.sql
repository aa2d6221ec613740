-- submission_of.sql: a submission by its sender's numbers
select *
from submission
where device = :device and epoch = :epoch and sequence = :sequence
