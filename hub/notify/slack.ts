import type { Message } from '../incident/message.ts';
import { plainText } from './plain-text.ts';

/** Slack takes 3,000 characters in a block; each may need five to be escaped. */
const longestText = 550;

/**
 * The body for an incoming webhook. What comes from clusters stands in plain text blocks, where neither formatting nor
 * mentions work; the fallback text, which screen readers and notifications use, is escaped.
 */
export function slackBody(message: Message): string {
  const mark = message.state === 'resolved' ? 'Resolved' : capital(message.severity);
  const title = `${mark}: ${message.title}`;
  const summary = inert(message.summary);
  const place = [message.subject.environment, message.subject.cluster, message.subject.owner].filter(Boolean);
  const context = [`Notification ${message.notification}`, ...place].map((part) => inert(part ?? ''));
  return JSON.stringify({
    text: `${title}: ${summary}`,
    mrkdwn: false,
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'section', text: plainBlock(title) },
      { type: 'section', text: plainBlock(summary) },
      ...(message.state === 'firing'
        ? [{ type: 'section', text: plainBlock(`Next: ${inert(message.nextStep)}`) }]
        : []),
      { type: 'context', elements: [plainBlock(context.join(' · '))] },
      ...(message.link === undefined
        ? []
        : [
            {
              type: 'context',
              elements: [{ type: 'mrkdwn', text: `<${escapeText(message.link)}|Open in Fairlead>` }],
            },
          ]),
    ],
  });
}

function plainBlock(text: string): object {
  return { type: 'plain_text', text, emoji: false };
}

function inert(text: string): string {
  // A word joiner after the sign keeps @channel and its like from being read as a mention.
  return escapeText(plainText(text, longestText)).replaceAll(/@(?=\w)/g, '@\u2060');
}

/** The three characters that Slack's texts escape (https://docs.slack.dev/messaging/formatting-message-text). */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function capital(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
}
