select sheet, epoch, sequence
from receipt
join operation on operation.id = receipt.operation
where receipt.history != (select history from folder)
  and operation.id not in (select moved.operation from moved)
order by operation.id
