-- put_device.sql: entering a device, or following what it has sent
insert into device (number, id, unit, district, name, secret_hash, epoch, last_sequence, chain, last_commit,
                    contact_ms, skew_ms, app_version, revoked_ms, authority)
values (:number, :id, :unit, :district, :name, :secret_hash, :epoch, :last_sequence, :chain, :last_commit,
        :contact_ms, :skew_ms, :app_version, :revoked_ms, :authority)
on conflict (number) do update set
  name = excluded.name,
  secret_hash = excluded.secret_hash,
  epoch = excluded.epoch,
  last_sequence = excluded.last_sequence,
  chain = excluded.chain,
  last_commit = excluded.last_commit,
  contact_ms = excluded.contact_ms,
  skew_ms = excluded.skew_ms,
  app_version = excluded.app_version,
  revoked_ms = excluded.revoked_ms,
  authority = excluded.authority
