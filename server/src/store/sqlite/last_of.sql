select max(sequence) as last
from submission
where device = :device and epoch = :epoch
