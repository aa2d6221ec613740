insert into operation (epoch, sequence, submission, form, period, body, fingerprint, chain, sealed_at_ms)
values (:epoch, :sequence, :submission, :form, :period, :body, :fingerprint, :chain, :sealed_at_ms)
