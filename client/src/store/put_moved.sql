insert into moved (operation, moved_to)
values (:operation, :moved_to)
