import { type Tone, ToneIcon } from './tone.tsx';

interface Props {
  readonly tone: Tone;
  readonly sentence: string;
  /** What the sentence begins with, if it does. */
  readonly subject: string;
}

/** The sentence that sums a page up. */
export function Headline({ tone, sentence, subject }: Props) {
  return (
    <div className={`headline tone-${tone}`}>
      <ToneIcon tone={tone} />
      <h1>
        <Subject sentence={sentence} subject={subject} />
      </h1>
    </div>
  );
}

/** A sentence whose subject is told apart. */
export function Subject({ sentence, subject }: Omit<Props, 'tone'>) {
  if (!sentence.startsWith(subject)) return sentence;
  return (
    <>
      <b className="name">{subject}</b>
      {sentence.slice(subject.length)}
    </>
  );
}
