import { isBelow } from './isolation.ts';

/** How a backend is started with an OS user of its own. Paths are absolute. */
export interface LaunchPlan {
    /** Argument vector of the backend. */
    command: readonly string[];
    osUid: number;
    /** Added to the platform's own. */
    niceness: number;
    workingDirectory: string;
    /** Files that the process writes its pid into, to join control groups. */
    controlGroupFiles: readonly string[];
    /** Bytes of memory per process when there are no control groups. */
    dataLimitKiB?: number;
    /** Absent: no mount namespace. */
    view?: {
        /** Empty folder for keeping sources reachable while folders are covered. */
        stage: string;
        /** Folders that get an empty file system put over them. */
        cover: readonly { folder: string; mode: string }[];
        /** What is put where; a target below a covered folder is made first. */
        bind: readonly { source: string; target: string; kind: 'file' | 'folder'; readOnly: boolean }[];
        /** Show only the workspace's own processes (Linux ≥ 5.8, where this is per mount). */
        hideProcesses: boolean;
    };
}

/**
 * The shell script that runs as root, narrows everything and becomes the backend (`exec`, so that the pid stays). Mounts
 * are in a namespace of this process alone and go with it.
 *
 * @see https://man7.org/linux/man-pages/man7/mount_namespaces.7.html
 * @see https://docs.kernel.org/userspace-api/no_new_privs.html
 */
export function launchScript(plan: LaunchPlan): string {
    const id = String(plan.osUid);
    return [
        'set -eu',
        'wanted=$PATH; PATH=/usr/sbin:/usr/bin:/sbin:/bin; umask 022',
        ...plan.controlGroupFiles.map((file) => `echo $$ > ${quote(file)} || :`),
        // When the machine runs out of memory, a workspace goes before the platform does.
        'echo 500 > /proc/self/oom_score_adj || :',
        ...(plan.niceness === 0 ? [] : [`renice -n ${plan.niceness} -p $$ > /dev/null 2>&1 || :`]),
        'ulimit -c 0',
        ...(plan.dataLimitKiB === undefined ? [] : [`ulimit -d ${plan.dataLimitKiB}`]),
        ...(plan.view === undefined ? [] : mountLines(plan.view)),
        `cd ${quote(plan.workingDirectory)}`,
        'PATH=$wanted; export PATH; unset wanted OLDPWD',
        [
            `exec /usr/bin/setpriv --reuid ${id} --regid ${id} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all --`,
            ...plan.command.map(quote),
        ].join(' '),
        '',
    ].join('\n');
}

function mountLines(view: NonNullable<LaunchPlan['view']>): string[] {
    const stage = quote(view.stage);
    const staged = view.bind.map((bind, index) => ({ ...bind, place: quote(`${view.stage}/${index}`) }));
    const covered = (path: string) => view.cover.some(({ folder }) => isBelow(path, folder));
    return [
        `mount -t tmpfs -o mode=0700,size=1m tandem ${stage}`,
        ...staged.flatMap(({ source, place, kind }) => [
            kind === 'folder' ? `mkdir ${place}` : `: > ${place}`,
            `mount --bind ${quote(source)} ${place}`,
        ]),
        ...view.cover.map(({ folder, mode }) => `mount -t tmpfs -o mode=${mode},nosuid,nodev,size=256m tandem ${quote(folder)}`),
        ...staged.flatMap(({ target, place, kind, readOnly }) => [
            ...(covered(target) ? makeTarget(target, kind) : []),
            `mount --bind ${place} ${quote(target)}`,
            ...(readOnly ? [`mount -o remount,bind,ro ${quote(target)}`] : []),
        ]),
        // The stage lies below a covered folder or not; either way nobody but root could pass it.
        `umount -l ${stage} 2>/dev/null || :`,
        ...(view.hideProcesses ? ['mount -t proc -o hidepid=invisible,nosuid,nodev,noexec proc /proc 2>/dev/null || :'] : []),
    ];
}

function makeTarget(target: string, kind: 'file' | 'folder'): string[] {
    const parent = target.slice(0, target.lastIndexOf('/')) || '/';
    return kind === 'folder' ? [`mkdir -p ${quote(target)}`] : [`mkdir -p ${quote(parent)}`, `: > ${quote(target)}`];
}

/** For `sh`: everything between single quotes is literal. */
export function quote(text: string): string {
    return `'${text.replaceAll("'", `'\\''`)}'`;
}
