-- Written in the transaction that the answer is about: there is no answer without its effect, and no effect without it.
create table idempotency (
    caller_id bigint not null,
    key text not null,
    fingerprint text not null,
    answer text not null,
    created_at timestamptz not null default now(),
    constraint pk_idempotency primary key (caller_id, key)
);
create index ix_idempotency_created_at on idempotency (created_at);
