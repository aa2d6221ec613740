-- put_user.sql: a new account, or what has become of one
insert into user (name, full_name, role, restricted, password, made_ms, password_ms, disabled_ms)
values (:name, :full_name, :role, :restricted, :password, :made_ms, :password_ms, :disabled_ms)
on conflict (name) do update set
  full_name = excluded.full_name,
  role = excluded.role,
  restricted = excluded.restricted,
  password = excluded.password,
  password_ms = excluded.password_ms,
  disabled_ms = excluded.disabled_ms
