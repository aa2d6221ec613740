-- the secret stays the same from one try to the next, so that a lost answer can be asked for again
insert into folder (id, server, secret)
values (1, :server, :secret)
on conflict (id) do update set server = excluded.server
