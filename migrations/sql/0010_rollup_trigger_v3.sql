-- Adds what one statement changed in atendimento to the rollups, exactly, whoever wrote it.
-- Order of locks, for every writer: angel_day, angel_month, angel_to_date, polo_day, polo_month, polo_to_date, each by its
-- key; so two transactions of one statement each can't wait for one another. A transaction of several statements can, and
-- so can a MERGE or an INSERT ... ON CONFLICT DO UPDATE, which runs two triggers: such a writer locks atendimento (share
-- row exclusive) first, as imports do, or tries again.
-- A statement of one row changes the counts of one day of one angel and polo, or none, unless it moves the record. The
-- statements for sets would take 0.52 ms for it, two thirds of what adding a record takes in all; this way takes 0.37.
-- Margins are summed as doubles, exact up to 2^53 seconds: as numeric the update of a tenth of a million rows took a
-- seventh longer. Days are truncated as timestamps: a date would go through the session's time zone.
-- In the sets, returned rows are named before and after because old and new are the trigger's own in plpgsql.
create or replace function atendimento_rollup_{{event}}() returns trigger language plpgsql as $$
declare
    change record;
    marks date[];
begin
    if (select count(*) from (select from {{changed_rows}} limit 2) as few) = 1 then
        with signed_rows as (
            {{rows}}
        )

        select
            data_de_atendimento::date as day,
            angel_id,
            polo_id,
            sum(sign)::int as total,
            sum(case when data_de_atendimento <= data_limite then sign else 0 end)::int as on_time,
            sum(sign * date_part('epoch', data_limite - data_de_atendimento))::bigint as margin_seconds,
            count(*) over () as changes
        into change
        from signed_rows
        where status = 'done' and deleted_at is null
        group by 1, 2, 3
        having
            sum(sign) <> 0
            or sum(case when data_de_atendimento <= data_limite then sign else 0 end) <> 0
            or sum(sign * date_part('epoch', data_limite - data_de_atendimento)) <> 0
        limit 1;

        if not found then
            return null;
        end if;

        if change.changes = 1 then
            marks := array(
                select mark
                from marks_of_year(date_trunc('year', change.day::timestamp)::date) as mark
                where mark >= change.day
            );
            perform count_one_angel(
                change.day, change.angel_id, change.total, change.on_time, change.margin_seconds, marks
            );
            perform count_one_polo(
                change.day, change.polo_id, change.total, change.on_time, change.margin_seconds, marks
            );
            return null;
        end if;
    end if;

{{angel_sets}}

{{polo_sets}}

    return null;
end;
$$;
