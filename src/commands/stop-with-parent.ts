/** Set for commands that a study starts: they stop, as on SIGTERM, when it is gone. */
export { stopsWithParent } from '../study/child.ts';

const lookEveryMs = 500;

/** Stops this process as SIGTERM does when the one that started it has ended. */
export function stopWithParent(): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, lookEveryMs);
  timer.unref();
}
