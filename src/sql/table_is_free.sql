-- Whether a table may be replaced by a copy of it as far as others are concerned: true or false. One row. Parameter:
-- table. If this statement does not know what depends on it (a view, a function, extended statistics, a foreign key of
-- another table), or if it is published in any way, it stays.
with this as (
    select *
    from pg_class
    where oid = %(table)s::regclass
),

dependents as (
    select classid, objid
    from pg_depend
    where refclassid = 'pg_class'::regclass and refobjid = %(table)s::regclass
    union all
    select classid, objid
    from this
    inner join pg_type on pg_type.oid = this.reltype
    inner join pg_depend on pg_depend.refobjid in (pg_type.oid, pg_type.typarray)
    where refclassid = 'pg_type'::regclass
),

known as (
    select 'pg_class'::regclass as classid, indexrelid as objid from pg_index where indrelid = %(table)s::regclass
    union all
    select 'pg_class'::regclass, reltoastrelid from this
    union all
    select 'pg_type'::regclass, pg_type.oid
    from this
    inner join pg_type on this.reltype in (pg_type.oid, pg_type.typelem)
    union all
    select 'pg_attrdef'::regclass, oid from pg_attrdef where adrelid = %(table)s::regclass
    union all
    select 'pg_trigger'::regclass, oid from pg_trigger where tgrelid = %(table)s::regclass
    union all
    select 'pg_constraint'::regclass, oid from pg_constraint
    where conrelid in (%(table)s::regclass, 'atendimento'::regclass)
)

select
    not exists (select from dependents where (classid, objid) not in (select classid, objid from known))
    and not exists (select from pg_inherits where %(table)s::regclass in (inhrelid, inhparent))
    and not exists (select from pg_publication where puballtables)
    and not exists (select from pg_publication_namespace inner join this on relnamespace = pnnspid)
    and not exists (select from pg_subscription_rel where srrelid = %(table)s::regclass)
