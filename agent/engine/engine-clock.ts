export interface EngineClock {
  now(): Date;
  setTimer(ms: number, fire: () => void): { cancel(): void };
}
