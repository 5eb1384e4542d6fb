import {
  type ColumnDefinitionNode,
  CreateTableNode,
  ForeignKeyConstraintNode,
  type KyselyPlugin,
  type PluginTransformQueryArgs,
  RawNode,
  type RootOperationNode,
} from 'kysely';
import { nameOf } from './columns.ts';

/**
 * Makes `createTable` mean the same everywhere: a column's `.references()` becomes a named constraint of the table
 * (MySQL reads the inline form and ignores it), and MySQL's tables are given our collation and engine.
 *
 * @param collation MySQL's; undefined elsewhere.
 */
export function migrationPlugin(collation: string | undefined): KyselyPlugin {
  return {
    transformQuery: ({ node }: PluginTransformQueryArgs): RootOperationNode =>
      CreateTableNode.is(node) ? portableTable(node, collation) : node,
    transformResult: async ({ result }) => result,
  };
}

function portableTable(node: CreateTableNode, collation: string | undefined): CreateTableNode {
  const table = node.table.table.identifier.name;
  const foreignKeys = node.columns.flatMap((column) => (column.references ? [foreignKey(table, column)] : []));
  const columns = node.columns.map(({ references, ...column }) => column);
  const engine =
    collation && RawNode.createWithSql(`engine = InnoDB default character set utf8mb4 collate ${collation}`);
  return {
    ...node,
    columns,
    constraints: [...(node.constraints ?? []), ...foreignKeys],
    endModifiers: engine ? [...(node.endModifiers ?? []), engine] : node.endModifiers,
  };
}

function foreignKey(table: string, { column, references }: ColumnDefinitionNode): ForeignKeyConstraintNode {
  const { table: target, columns, onDelete, onUpdate } = references!;
  const name = nameOf('fk', table, [column.column.name]);
  return ForeignKeyConstraintNode.cloneWith(ForeignKeyConstraintNode.create([column], target, columns, name), {
    onDelete,
    onUpdate,
  });
}
