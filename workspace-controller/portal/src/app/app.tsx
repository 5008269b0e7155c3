import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { ModalsProvider } from '@mantine/modals';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { BrowserRouter } from 'react-router';
import { queryClient } from '../api/query-client.ts';
import { messages } from '../messages.ts';
import { theme, tokens } from '../theme/theme.ts';
import { AppRoutes } from './app-routes.tsx';
import { ErrorBoundary } from './error-boundary.tsx';

const colorScheme = localStorageColorSchemeManager({ key: 'tandem.color-scheme' });

export function App() {
    return (
        <MantineProvider theme={theme} cssVariablesResolver={tokens} defaultColorScheme="auto" colorSchemeManager={colorScheme}>
            <ErrorBoundary>
                <QueryClientProvider client={queryClient}>
                    <BrowserRouter>
                        <ModalsProvider labels={{ confirm: messages.common.save, cancel: messages.common.cancel }}>
                            <Notifications position="bottom-right" limit={4} containerWidth={400} />
                            <AppRoutes />
                        </ModalsProvider>
                    </BrowserRouter>
                </QueryClientProvider>
            </ErrorBoundary>
        </MantineProvider>
    );
}
