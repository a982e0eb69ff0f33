-- Whether a table may be replaced by another: true or false. One row. Parameter: table.
-- Not where a view, a publication, a policy or the foreign key of a table other than atendimento hangs on it.
select
    not exists (
        select from pg_depend
        where
            refclassid = 'pg_class'::regclass
            and refobjid = %(table)s::regclass
            and classid in (
                'pg_rewrite'::regclass, 'pg_publication_rel'::regclass, 'pg_policy'::regclass
            )
    )
    and not exists (
        select from pg_constraint
        where confrelid = %(table)s::regclass and conrelid <> 'atendimento'::regclass
    )
