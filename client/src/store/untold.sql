select sheet, epoch, sequence
from receipt
join operation on operation.id = receipt.operation
where receipt.history != (select history from folder)
order by operation.id
