import type { BodyOf, User } from '@tandem/protocol';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { showDone } from '../../components/toasts.tsx';
import { putIntoList } from '../../live/put-into-list.ts';
import { messages } from '../../messages.ts';

interface Change {
    user: User;
    body: BodyOf<'updateUser'>;
    /** Taken back by Undo; that is told without another Undo. */
    undo?: BodyOf<'updateUser'>;
}

/** Changes a person's rights; each change can be undone. */
export function useUpdateUser() {
    const texts = messages.people;
    const client = useQueryClient();
    const { mutate } = useMutation({
        mutationFn: ({ user, body }: Change) => api.updateUser({ params: { name: user.metadata.name }, body }),
        onSuccess: (updated, { user, body, undo }) => {
            putIntoList(client, keys.users, updated);
            const name = user.spec.displayName;
            const said =
                body.disabled === undefined
                    ? body.admin
                        ? texts.adminNow(name)
                        : texts.notAdminNow(name)
                    : body.disabled
                      ? texts.disabledNow(name)
                      : texts.enabledNow(name);
            showDone(said, undo && (() => mutate({ user, body: undo })));
        },
    });
    return {
        setAdmin: (user: User, admin: boolean) => mutate({ user, body: { admin }, undo: { admin: !admin } }),
        setDisabled: (user: User, disabled: boolean) => mutate({ user, body: { disabled }, undo: { disabled: !disabled } }),
    };
}
