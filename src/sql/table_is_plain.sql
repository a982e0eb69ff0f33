-- Whether a copy of a table can have all that the table has: true or false. One row. Parameter: table.
-- The copy gets what the other table_*.sql read: keys, indexes, triggers, grants, comments, settings. It can't have, for
-- example, another owner, row security, an index with a tablespace of its own, or a trigger that is switched off.
with this as (
    select *
    from pg_class
    where oid = %(table)s::regclass
),

its_indexes as (
    select pg_index.*, pg_class.reltablespace
    from pg_index
    inner join pg_class on pg_class.oid = pg_index.indexrelid
    where indrelid = %(table)s::regclass
),

its_acl as (
    select acl.* from this, aclexplode(relacl) as acl
    union all
    select acl.* from pg_attribute, aclexplode(attacl) as acl where attrelid = %(table)s::regclass
)

select
    exists (
        select from this
        where
            (relkind, relpersistence, relreplident) = ('r', 'p', 'd')
            and relowner = (select oid from pg_roles where rolname = current_user)
            and relam = (select oid from pg_am where amname = current_setting('default_table_access_method'))
            and (reltablespace, reloftype) = (0, 0)
            and current_setting('default_tablespace') = ''
            and not (relispartition or relrowsecurity or relforcerowsecurity)
    )
    and not exists (select from pg_seclabel where classoid = 'pg_class'::regclass and objoid = %(table)s::regclass)
    and not exists (select from its_acl inner join this on its_acl.grantor <> this.relowner)
    and not exists (
        select privilege_type from this, aclexplode(acldefault('r', relowner))
        except
        select privilege_type
        from this, aclexplode(coalesce(relacl, acldefault('r', relowner)))
        where grantee = relowner
    )
    and not exists (select from pg_trigger where tgrelid = %(table)s::regclass and tgenabled <> 'O')
    and not exists (
        select from pg_constraint
        where
            conrelid = %(table)s::regclass
            and (contype not in ('p', 'u', 'f', 'c', 'n') or not conenforced or (contype = 'c' and not convalidated))
    )
    and not exists (
        select from its_indexes
        where not indisvalid or indisclustered or indisreplident or reltablespace <> 0
    )
    and not exists (
        select from pg_attribute
        where attrelid in (select indexrelid from its_indexes) and attstattarget is not null
    )
