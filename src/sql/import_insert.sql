-- Records of the delta that are not stored yet. Parameter: import_id.
insert into atendimento (
    id, id_cliente, data_limite, data_de_atendimento, import_id, angel_id, polo_id, status
)
select
    import_delta.id,
    import_delta.id_cliente,
    import_delta.data_limite,
    import_delta.data_de_atendimento,
    %(import_id)s,
    import_angel.angel_id,
    import_polo.polo_id,
    case when import_delta.data_de_atendimento is null then 'pending' else 'done' end
from import_delta
inner join import_angel on import_angel.number = import_delta.angel
inner join import_polo on import_polo.number = import_delta.polo
where not import_delta.stored
order by import_delta.id
