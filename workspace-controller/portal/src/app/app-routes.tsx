import { Suspense } from 'react';
import { Route, Routes } from 'react-router';
import { AdminOnly } from './admin-only.tsx';
import * as pages from './lazy-pages.ts';
import { NotFoundPage } from './not-found-page.tsx';
import { RequireSession } from './require-session.tsx';
import { Waiting } from '../components/waiting.tsx';

/** Which address shows which page. */
export function AppRoutes() {
    return (
        <Suspense fallback={<Waiting />}>
            <Routes>
                <Route path="/sign-in" element={<pages.SignInPage />} />
                <Route path="/sign-in/link" element={<pages.SignInLinkPage />} />
                <Route path="/invitation/:id?" element={<pages.InvitationPage />} />
                <Route element={<RequireSession />}>
                    <Route index element={<pages.WorkspacesPage />} />
                    <Route path="/new" element={<pages.NewWorkspacePage />} />
                    <Route path="/workspaces/:name" element={<pages.WorkspacePage />} />
                    <Route path="/templates" element={<pages.TemplatesPage />} />
                    <Route path="/teams" element={<pages.TeamsPage />} />
                    <Route path="/teams/:team" element={<pages.TeamPage />} />
                    <Route path="/account" element={<pages.AccountPage />} />
                    <Route element={<AdminOnly />}>
                        <Route path="/templates/new" element={<pages.TemplateEditPage />} />
                        <Route path="/templates/:name" element={<pages.TemplateEditPage />} />
                        <Route path="/people" element={<pages.PeoplePage />} />
                        <Route path="/audit" element={<pages.AuditPage />} />
                    </Route>
                    <Route path="*" element={<NotFoundPage />} />
                </Route>
            </Routes>
        </Suspense>
    );
}
