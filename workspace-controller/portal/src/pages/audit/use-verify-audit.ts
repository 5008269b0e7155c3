import { useMutation } from '@tanstack/react-query';
import { api } from '../../api/client.ts';

export function useVerifyAudit() {
    return useMutation({ mutationFn: () => api.verifyAudit() });
}
