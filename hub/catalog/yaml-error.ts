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

/** What is wrong, in words for who wrote it; the parser's own where they say it. */
export function errorText({ code, message }: YAMLParseError): string {
  const end = /end with a ([\]}])/.exec(message)?.[1];
  if (end !== undefined)
    return `a bracket (${end === ']' ? '[' : '{'}) is opened here and never closed, or not far enough to the right`;
  switch (code) {
    case 'MISSING_CHAR': {
      const quote = /closing (["'])/.exec(message)?.[1];
      return quote === undefined ? message : `a quote (${quote}) is opened here and never closed`;
    }
    case 'TAB_AS_INDENT':
      return 'a tab stands where only spaces may indent';
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'a second colon stands on this line; text that holds ": " needs quotes';
    case 'MULTILINE_IMPLICIT_KEY':
      return 'this is no "key: value", or it is indented wrongly';
    default:
      return message;
  }
}
