-- advance_device.sql: how far a device has come
update device
set epoch = :epoch, last_sequence = :last_sequence, chain = :chain, last_commit = :last_commit
where number = :number
