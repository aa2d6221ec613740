insert into district (id, history, founded_ms, seal_key)
values (1, :history, :founded_ms, :seal_key)
