-- How the device shows itself on an encrypted line.
alter table folder add column key blob;          -- PKCS #8, made here and never sent
alter table folder add column credentials blob;  -- a RenewReply as it came: the certificate, and whose word counts
