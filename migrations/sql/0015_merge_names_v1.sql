-- Of {{group}}s whose names are the same once composed, the one that is composed stays, else the oldest.
create unlogged table {{group}}_composed as
select
    id,
    nome as former,
    normalize(nome, nfc) as nome,
    first_value(id) over (partition by normalize(nome, nfc) order by (nome is nfc normalized) desc, id) as kept,
    0::bigint as moved
from {{group}}
where normalize(nome, nfc) in (select normalize(nome, nfc) from {{group}} where nome is not nfc normalized);

update {{group}}_composed set moved = records.moved
from (
    select {{group}}_id, count(*) as moved
    from atendimento
    where {{group}}_id in (select id from {{group}}_composed where id <> kept)
    group by {{group}}_id
) as records
where records.{{group}}_id = {{group}}_composed.id;

-- The trigger moves their counts. What an import wrote stays as it wrote it (updated_at), and so can still be undone.
update atendimento set {{group}}_id = {{group}}_composed.kept
from {{group}}_composed
where {{group}}_composed.id <> {{group}}_composed.kept and atendimento.{{group}}_id = {{group}}_composed.id;

update import_history set {{group}}_id = {{group}}_composed.kept
from {{group}}_composed
where {{group}}_composed.id <> {{group}}_composed.kept and import_history.{{group}}_id = {{group}}_composed.id;

do $$
begin
    if exists (
        select
        from (
            select day, {{group}}_id, total, on_time, margin_seconds
            from {{group}}_day
            where {{group}}_id in (select id from {{group}}_composed) and (total, on_time, margin_seconds) <> (0, 0, 0)
        ) as stored
        full join (
            select
                data_de_atendimento::date as day,
                {{group}}_id,
                count(*) as total,
                count(*) filter (where data_de_atendimento <= data_limite) as on_time,
                sum(date_part('epoch', data_limite - data_de_atendimento))::bigint as margin_seconds
            from atendimento
            where status = 'done' and deleted_at is null and {{group}}_id in (select id from {{group}}_composed)
            group by 1, 2
        ) as recounted using (day, {{group}}_id)
        where
            (stored.total, stored.on_time, stored.margin_seconds)
            is distinct from (recounted.total, recounted.on_time, recounted.margin_seconds)
    ) then
        raise exception 'The counts of merged {{group}}s differ from their records: run flask verify.';
    end if;
end;
$$;

delete from {{group}}_day where {{group}}_id in (select id from {{group}}_composed where id <> kept);
delete from {{group}}_month where {{group}}_id in (select id from {{group}}_composed where id <> kept);
delete from {{group}}_to_date where {{group}}_id in (select id from {{group}}_composed where id <> kept);
delete from {{group}} where id in (select id from {{group}}_composed where id <> kept);
update {{group}} set nome = {{group}}_composed.nome
from {{group}}_composed
where {{group}}.id = {{group}}_composed.kept and {{group}}.nome <> {{group}}_composed.nome;

insert into audit_log (action, object_type, object_id, before, after)
select
    case when id = kept then 'update' else 'merge' end,
    '{{group}}',
    id::text,
    jsonb_build_object('id', id, 'nome', former),
    jsonb_build_object('id', kept, 'nome', nome)
from {{group}}_composed
where former <> nome or id <> kept
order by id;
