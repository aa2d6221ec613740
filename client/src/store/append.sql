insert into operation (id, place, submission, fingerprint, chain, sealed_at_ms, body)
values (:id, :place, :submission, :fingerprint, :chain, :sealed_at_ms, :body)
