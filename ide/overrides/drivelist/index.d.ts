export function list(): Promise<never[]>;
