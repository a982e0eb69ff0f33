-- {{group}}s of the file that are named by a former name. A name that is somebody's goes first.
update import_{{group}} set {{group}}_id = {{group}}_alias.{{group}}_id
from {{group}}_alias
where import_{{group}}.{{group}}_id is null and {{group}}_alias.nome = import_{{group}}.nome
