import { type Document, isCollection, isScalar, type Node, visit, type YAMLParseError } from 'yaml';

/**
 * Where what is wrong begins. The parser points to where it noticed: for a quote or bracket that nobody closes, that
 * is the end of the text or the next line, and the mistake is where it was opened.
 */
export function errorOffset(document: Document, error: YAMLParseError): number {
  const [noticed] = error.pos;
  let begin = noticed;
  visit(document, {
    Node(_key, node) {
      const [start, , end] = node.range ?? [noticed, noticed, noticed];
      if (start < noticed && end >= noticed && isLeftOpen(node, error)) begin = start;
    },
  });
  return begin;
}

function isLeftOpen(node: Node, error: YAMLParseError): boolean {
  if (isScalar(node)) return error.code === 'MISSING_CHAR' && node.type?.startsWith('QUOTE') === true;
  return isCollection(node) && node.flow === true && error.message.startsWith('Flow');
}
