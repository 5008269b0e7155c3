/** An amount of memory as people say it: 512 MiB, 4 GiB, 1.5 GiB. */
export function memoryInWords(mebibytes: number): string {
    return mebibytes < 1024 ? `${mebibytes} MiB` : `${Math.round((mebibytes / 1024) * 10) / 10} GiB`;
}
