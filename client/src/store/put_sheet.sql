insert into sheet (device, epoch, first, last, verdicts, seal)
values ((select device from folder), :epoch, :first, :last, :verdicts, :seal)
