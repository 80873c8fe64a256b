-- Who may ask, and the keys that sign what they carry.

CREATE TABLE access_clients (
    id          text PRIMARY KEY,
    name        text NOT NULL,
    secret_hash bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz
);

-- The newest key signs; older ones stay as long as a token signed by them may live.
CREATE TABLE access_signing_keys (
    kid         text PRIMARY KEY,
    private_pem text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);
