-- Records of the delta that are not stored yet, as they will be, in the order of their ids: random order would scatter
-- the inserts over the primary key.
create unlogged table import_new as
select
    import_delta.id,
    import_delta.id_cliente,
    import_delta.data_limite,
    import_delta.data_de_atendimento,
    import_angel.angel_id,
    import_polo.polo_id,
    coalesce(
        import_delta.status,
        case when import_delta.data_de_atendimento is null then 'pending' else 'done' end
    ) as status
from import_delta
inner join import_angel on import_angel.number = import_delta.angel
inner join import_polo on import_polo.number = import_delta.polo
where not import_delta.stored
order by import_delta.id
